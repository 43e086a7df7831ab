# Any GlobalPlatform card whose security domain speaks SCP03: keys of our own, one set a card.
name gp-keys
card globalplatform
kdf kdf3
