"""Replies: what an agent says in free form, inside the window that the contact has opened."""
