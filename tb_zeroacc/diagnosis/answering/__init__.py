"""Parts of answers that several rules give: what they say, show and propose."""
