"""The programs of the zoo, by what is wrong with them; `healthy` ones by what they are."""
