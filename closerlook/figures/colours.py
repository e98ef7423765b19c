"""The colours of labels, in figures and in the page. (Without matplotlib.)"""

# Paul Tol's muted colours, safe for colour-blind eyes, and black; with dashes and markers, 70 labels are told apart
LABELS = ("#CC6677", "#332288", "#117733", "#882255", "#44AA99", "#AA4499", "#999933", "#88CCEE", "#DDAA33", "#000000")
