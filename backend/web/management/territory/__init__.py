"""An invented territory for demonstrations: firms that file over years, and what officers do with their files."""
