"""What the office keeps for itself: keys and vaults, the authority, who is enrolled, the packages it builds."""
