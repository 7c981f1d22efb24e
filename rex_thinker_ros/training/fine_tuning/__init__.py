"""Train any Qwen2.5-VL checkpoint on a referring set of your own: SFT, then GRPO."""
