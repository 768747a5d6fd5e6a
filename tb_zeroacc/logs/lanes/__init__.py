"""Sound records to the contents of a file: by whole columns where they are alike, else one by one.

Files of one writer repeat themselves: but for time, step and numbers, a record is equal to others.
`templates` are made of the records that protobuf parsed, `columns` finds their like and reads them
at once, `piece` sorts out which are which, `plain` and `taking` give them to the contents.
"""
