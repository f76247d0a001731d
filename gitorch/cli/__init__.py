"""Words in, words out: click commands that call one action each and decide nothing."""
