"""How good the ranking is, on requests that people judged: read the judgements, rank, compare with what others do."""
