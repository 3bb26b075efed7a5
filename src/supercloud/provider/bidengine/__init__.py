"""Answers open orders: `engine` decides (pure), `pricing` says what things cost (pure), `service` asks and acts."""
