//! The one decoder for the llama, qwen2 and phi3 families.
