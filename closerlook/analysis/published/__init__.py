"""The numbers of the paper's Tables 7 and 5 (arXiv:2106.14282), as facts to compare with: the CSV files here."""
