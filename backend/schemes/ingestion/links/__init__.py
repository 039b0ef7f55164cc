"""Whether the pages that our sheets name still answer, and still say what they said."""
