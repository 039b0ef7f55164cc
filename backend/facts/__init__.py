"""What is known of a firm: one row a fact, with every word that forms, conditions, pages and the API say of it."""
