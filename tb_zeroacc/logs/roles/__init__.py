"""What the curves of a log tell: by their names, by one another, and by their behaviour.

`meaning` reads a name, `sides` says which way is better, `copies` finds curves that are told twice,
`behaviour` reads what names leave open, `refuted` a loss that is none.
"""
