"""The draw under attack: a million draws for each strategy, by the published rule on real hashes."""
