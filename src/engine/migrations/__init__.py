"""Changes of the database schema, in order. `schema.upgrade` runs them; nothing else imports them."""
