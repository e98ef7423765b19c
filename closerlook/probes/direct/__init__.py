"""DirectProbe: clusters of a labelled space whose hulls meet no other label's, and how far labels are apart."""
