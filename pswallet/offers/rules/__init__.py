"""Pure rules of offers: what each gives (`gifts`), the best of them together (`pricing`), the words, the refunds."""
