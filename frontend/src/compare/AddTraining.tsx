import {useState} from "preact/hooks";

interface AddTrainingProps {
  names: readonly string[];
  onAdd: (name: string) => void;
}

/** Chooses one more training by its name, with the browser's own completion. */
export function AddTraining({names, onAdd}: AddTrainingProps) {
  const [typed, setTyped] = useState("");
  const type = (text: string): void => {
    setTyped(names.includes(text) ? "" : text);
    if (names.includes(text)) onAdd(text);
  };
  return (
    <>
      <input
        class="AddTraining"
        type="search"
        list="trainings"
        placeholder="Add a training"
        aria-label="Add a training to the comparison"
        value={typed}
        onInput={({currentTarget}) => type(currentTarget.value)}
      />
      <datalist id="trainings">
        {names.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </>
  );
}
