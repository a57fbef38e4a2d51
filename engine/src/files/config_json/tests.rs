use std::collections::HashMap;

use super::*;

#[derive(Deserialize)]
struct Oracle {
    ropes: HashMap<String, Case>,
}

#[derive(Deserialize)]
struct Case {
    config: serde_json::Value,
    frequencies: Vec<f64>,
    attention_factor: f32,
}

fn read(json: &serde_json::Value) -> Result<Config> {
    config(&json.to_string(), Path::new("config.json"))
}

fn oracle() -> HashMap<String, Case> {
    let oracle: Oracle = serde_json::from_str(include_str!("../../../tests/oracle/tiny_folder.json")).unwrap();
    oracle.ropes
}

#[test]
fn frequencies_are_those_of_transformers() {
    let cases = oracle();
    assert_eq!(cases.len(), 12);
    for (name, case) in cases {
        let config = read(&case.config).unwrap();
        assert_eq!(config.rope_dims, 2 * case.frequencies.len(), "{name}");
        let factors = config.rope_factors.unwrap_or_else(|| vec![1.0; case.frequencies.len()]);
        for (pair, (wanted, divisor)) in case.frequencies.iter().zip(factors).enumerate() {
            let base = config.rope_theta.powf(-2.0 * pair as f64 / config.rope_dims as f64);
            let frequency = base / f64::from(divisor);
            assert!((frequency / wanted - 1.0).abs() < 1e-5, "{name}, pair {pair}: {frequency} is not {wanted}");
        }
        assert!((config.rope_attn_factor - case.attention_factor).abs() < 1e-6, "{name}");
    }
}

#[test]
fn qwen2_uses_its_window_only_when_told_to() {
    let mut json = oracle()["default"].config.clone();
    json["sliding_window"] = 128.into();
    json["layer_types"] = serde_json::Value::Null;
    let windows = [
        (false, 0, [None, None]),
        (true, 0, [Some(128), Some(128)]),
        (true, 2, [None, None]),
        (true, 1, [None, Some(128)]),
    ];
    for (used, from, wanted) in windows {
        json["use_sliding_window"] = used.into();
        json["max_window_layers"] = from.into();
        let config = read(&json).unwrap();
        assert_eq!([0, 1].map(|layer| config.window(layer)), wanted, "{used} from {from}");
    }
}

/// The config of that name with some keys set anew.
fn changed(name: &str, keys: &[(&str, serde_json::Value)]) -> Result<Config> {
    let mut json = oracle()[name].config.clone();
    keys.iter().for_each(|(key, value)| json[*key] = value.clone());
    read(&json)
}

#[track_caller]
fn assert_refused(name: &str, keys: &[(&str, serde_json::Value)], wanted: &str) {
    let text = changed(name, keys).map(|_| ()).unwrap_err().to_string();
    assert!(text.contains(wanted) && text.contains("help: "), "{keys:?} gives: {text}");
}

#[test]
fn a_key_that_changes_the_computation_is_refused_by_its_name() {
    use serde_json::json;
    for (key, value) in [
        ("num_local_experts", json!(8)),
        ("final_logit_softcapping", json!(30.0)),
        ("embedding_multiplier", json!(12.0)),
        ("is_causal", json!(false)),
        ("rope_interleaved", json!(true)),
        ("partial_rotary_factor", json!(0.5)),
        ("sliding_window", json!(64)),
        ("hidden_act", json!("gelu")),
        ("mlp_bias", json!(true)),
        ("architectures", json!(["LlamaForSequenceClassification"])),
        ("quantization_config", json!({"quant_method": "gptq", "bits": 4})),
        ("layer_types", json!(["full_attention"])),
        ("layer_types", json!(["full_attention", "sliding_attention"])),
        ("pruned_heads", json!({"0": [1]})),
        ("rope_parameters", json!({"factor": 4.0})),
        ("rope_parameters", json!({"rope_type": "linear", "factor": 4.0, "beta_fast": 32})),
    ] {
        assert_refused(
            "linear",
            &[(key, value)],
            if key == "rope_parameters" { "which pmtune does not run" } else { key },
        );
    }
}

#[test]
fn keys_that_change_nothing_pass() {
    use serde_json::json;
    let plain = changed("linear", &[]).unwrap();
    for (key, value) in [
        ("pretraining_tp", json!(2)),
        ("use_cache", json!(true)),
        ("torch_dtype", json!("bfloat16")),
        ("attention_dropout", json!(0.1)),
        ("temperature", json!(0.7)),
        ("rope_interleaved", json!(false)),
        ("is_llama_config", json!(true)),
        ("transformers.js_config", json!({"dtype": "q4"})),
        ("layer_types", json!(["full_attention", "full_attention"])),
        ("some_key_of_tomorrow", json!(null)),
        ("architectures", json!(["LlamaForCausalLM"])),
    ] {
        assert_eq!(changed("linear", &[(key, value)]).unwrap(), plain, "{key}");
    }
}

#[test]
fn two_places_that_say_different_things_are_refused() {
    use serde_json::json;
    let linear = json!({"rope_type": "linear", "rope_theta": 10000.0, "factor": 4.0});
    assert!(changed("linear", &[("rope_parameters", linear.clone()), ("rope_scaling", linear.clone())]).is_ok());
    let other = json!({"rope_type": "linear", "factor": 8.0});
    assert_refused("linear", &[("rope_parameters", linear), ("rope_scaling", other)], "say different things");
    assert_refused("linear", &[("rope_parameters", json!({"type": "linear", "rope_type": "llama3"}))], "say different");
    assert_refused("longrope", &[("original_max_position_embeddings", json!(1024))], "say different things");
}

#[test]
fn windows_and_layer_types_follow_transformers() {
    use serde_json::json;
    let two = |first: &str, second: &str| json!([first, second]);
    let (full, slides) = ("full_attention", "sliding_attention");
    let used = |types, layers: usize| {
        let keys = [
            ("use_sliding_window", json!(true)),
            ("sliding_window", json!(128)),
            ("num_hidden_layers", json!(layers)),
            ("layer_types", types),
        ];
        let config = changed("default", &keys).unwrap();
        (0..layers).map(|layer| config.window(layer)).collect::<Vec<_>>()
    };
    let window = |types| used(types, 2);
    assert_eq!(window(two(full, full)), [None, None]);
    assert_eq!(window(two(slides, slides)), [Some(128), Some(128)]);
    assert_eq!(window(two(full, slides)), [None, Some(128)]);
    // Without its own word a window begins at layer 28, and Mistral has one of 4096.
    assert_eq!(used(json!(null), 2), [None, None]);
    assert_eq!(used(json!(null), 30)[27..], [None, Some(128), Some(128)]);
    let mistral = changed("llama3", &[("model_type", json!("mistral")), ("architectures", json!(null))]).unwrap();
    assert_eq!(mistral.sliding_window, Some(4096));
}

/// The config of a tiny checkpoint with some keys set anew.
fn tiny(name: &str, keys: &[(&str, serde_json::Value)]) -> Result<Config> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name).join("config.json");
    let mut json: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for (key, value) in keys {
        json[*key] = value.clone();
    }
    read(&json)
}

/// As files of transformers 4 have it, and where a file is silent.
#[test]
fn what_gemma_and_smollm_say_otherwise_or_not_at_all() {
    use serde_json::json;
    let null = || json!(null);
    let plain = tiny("tiny-gemma3", &[]).unwrap();
    assert_eq!((plain.sliding_window, plain.global_layers.as_slice()), (Some(7), &[5][..]));
    assert_eq!((plain.rope_theta, plain.local_rope_theta, plain.scales.scores), (1e6, Some(1e4), None));
    let old = [
        ("rope_parameters", null()),
        ("rope_scaling", null()),
        ("rope_theta", json!(1_000_000.0)),
        ("rope_local_base_freq", json!(10_000.0)),
        ("layer_types", null()),
        ("_sliding_window_pattern", null()),
        ("sliding_window_pattern", json!(6)),
        ("tie_word_embeddings", null()),
        ("cache_implementation", json!("hybrid")),
    ];
    assert_eq!(tiny("tiny-gemma3", &old).unwrap(), plain);
    let silent = ["rope_parameters", "layer_types", "_sliding_window_pattern"].map(|key| (key, null()));
    assert_eq!(tiny("tiny-gemma3", &silent).unwrap(), plain);
    let scaling = json!({"rope_type": "linear", "factor": 8.0});
    let stretched = tiny("tiny-gemma3", &[old.as_slice(), &[("rope_scaling", scaling)]].concat()).unwrap();
    assert_eq!((stretched.rope_factors, stretched.local_rope_theta), (Some(vec![8.0; 5]), Some(1e4)));
    let every_second = [("layer_types", null()), ("_sliding_window_pattern", json!(2))];
    assert_eq!(tiny("tiny-gemma3", &every_second).unwrap().global_layers, [1, 3, 5]);
    let smollm = tiny("tiny-smollm3", &[("no_rope_layers", null()), ("rope_parameters", null())]).unwrap();
    assert_eq!((smollm.unrotated_layers.as_slice(), smollm.rope_theta), (&[3][..], 2e6));
    let second = tiny("tiny-smollm3", &[("no_rope_layers", null()), ("no_rope_layer_interval", json!(2))]).unwrap();
    assert_eq!(second.unrotated_layers, [1, 3]);
}

#[test]
fn a_familys_own_keys_are_no_others() {
    use serde_json::json;
    for (name, key, value) in [
        ("tiny-qwen3", "no_rope_layers", json!([1, 0])),
        ("tiny-qwen3", "embedding_multiplier", json!(2.0)),
        ("tiny-granite", "final_logit_softcapping", json!(30.0)),
        ("tiny-granite", "residual_multiplier", json!(0.0)),
        ("tiny-granite", "num_local_experts", json!(8)),
        ("tiny-granite", "sliding_window", json!(64)),
        ("tiny-olmo2", "sliding_window", json!(64)),
        ("tiny-olmo2", "clip_qkv", json!(8.0)),
        ("tiny-smollm3", "sliding_window", json!(64)),
        ("tiny-smollm3", "no_rope_layers", json!([1])),
        ("tiny-smollm3", "mlp_bias", json!(true)),
        ("tiny-gemma3", "attn_logit_softcapping", json!(50.0)),
        ("tiny-gemma3", "use_bidirectional_attention", json!(true)),
        ("tiny-gemma3", "hidden_activation", json!("silu")),
        ("tiny-gemma3", "sliding_window", json!(null)),
        ("tiny-gemma3", "layer_types", json!(["full_attention"])),
        ("tiny-gemma3", "architectures", json!(["Gemma3ForConditionalGeneration"])),
        ("tiny-gemma3", "rope_parameters", json!({"sliding_attention": {"rope_type": "linear", "factor": 2.0}})),
        ("tiny-gemma3", "rope_parameters", json!({"full_attention": {}, "factor": 2.0})),
    ] {
        let text = tiny(name, &[(key, value)]).map(drop).unwrap_err().to_string();
        let wanted = match key {
            "rope_parameters" => "which pmtune does not run",
            "residual_multiplier" => "the scale of the residuals is 0",
            "sliding_window" if name == "tiny-gemma3" => "layer_types",
            key => key,
        };
        assert!(text.contains(wanted) && text.contains("help: "), "{name}, {key}: {text}");
    }
}
