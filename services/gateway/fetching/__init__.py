"""Images from addresses that strangers name: fetched without lending them this machine's place in its network."""
