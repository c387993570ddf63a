"""Take it on: cases, referrals, facts, promises, deadlines."""
