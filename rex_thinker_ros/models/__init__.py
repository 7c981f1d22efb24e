"""Fill the core's two protocols with real models: Grounding DINO and Qwen2.5-VL."""
