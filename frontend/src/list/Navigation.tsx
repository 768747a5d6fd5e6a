import {useState} from "preact/hooks";
import {countWords} from "../model/counts";
import {useNarrow} from "../model/useNarrow";
import {TrainingList, type TrainingListProps} from "./TrainingList";

/** The list beside the page; where there is no room beside it, one line that unfolds. */
export function Navigation(props: TrainingListProps) {
  const narrow = useNarrow();
  const [open, setOpen] = useState(false);
  const {list, onChoose} = props;
  if (!narrow) return <TrainingList {...props} />;
  const choose = (run: string): void => {
    setOpen(false);
    onChoose(run);
  };
  return (
    <>
      <button type="button" class="List-fold" aria-expanded={open} onClick={() => setOpen(!open)}>
        <span class="Disclosure-arrow" aria-hidden="true" />
        {countWords(list.head)}
      </button>
      {open && <TrainingList {...props} onChoose={choose} />}
    </>
  );
}
