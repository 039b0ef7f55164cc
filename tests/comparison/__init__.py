"""Two commits asked the same questions: what ``scripts/compare`` runs."""
