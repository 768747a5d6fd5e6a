"""Whether fixes work: programs of the zoo are mended by what the fix says, and trained again."""
