"""The story that a newcomer sees: people, chapters, and how they are shown. Every step goes through the public API."""
