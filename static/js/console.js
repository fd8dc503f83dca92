// Entry point: one small module per behaviour.
