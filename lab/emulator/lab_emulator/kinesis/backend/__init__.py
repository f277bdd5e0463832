"""The process that keeps the records, and the JSON that it speaks. Imports nothing of the other folders."""
