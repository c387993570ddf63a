"""Forums that offer JSON to everybody: Discourse, NodeBB, Flarum."""
