use super::conclusion::{Named, named};
use crate::provider::choice_label;
use proptest::prelude::*;

fn metrics() -> Vec<String> {
    ["Retention rate", "Churn", "North star"].map(String::from).to_vec()
}

fn read(answer: &str) -> Named {
    named(answer, &metrics())
}

#[test]
fn a_choice_named_without_doubt_is_read() {
    for answer in [
        "B",
        " b. ",
        "**B**",
        "(B)",
        "(b)",
        "b)",
        "B)",
        "B:",
        "\"B\"",
        "B.",
        "[B]",
        "B!",
        "Churn",
        "churn.",
        "The churn.",
        "*Churn*",
        "B) Churn",
        "B. Churn",
        "B: Churn",
        "B - Churn",
        "B – Churn",
        "(B) Churn",
        "**B) Churn**",
        "Churn (B)",
        "B (Churn)",
        "Answer: B",
        "answer: b",
        "ANSWER: **B**",
        "Answer B",
        "Answer - B",
        "Answer = B",
        "**Answer:** B",
        "Final answer: B) Churn",
        "The answer is B.",
        "The answer is b",
        "The correct answer is (B).",
        "The correct answer is option B.",
        "answer is **B**.",
        "The answer is: B",
        "The answer is most likely B.",
        "The best choice would be B",
        "The correct choice is B, because A counts others.",
        "My choice: B",
        "Option B",
        "option b",
        "Letter: B",
        "Choice B.",
        "The answer is Churn.",
        "The answer is \"churn\" (B).",
        "I choose B",
        "I would go with B.",
        "I'd pick B.",
        "It's B.",
        "It is B",
        "That must be B.",
        "B is correct because customers leave.",
        "B is the right answer.",
        "B fits best.",
        "B because customers leave",
        "B, since A keeps them.",
        "B) because it is more than A",
        "Churn is the correct answer.",
        "Between A and B, B is better.",
        "We look at lost customers.\n\nAnswer: B",
        "A keeps customers.\nC is a goal.\n\nTherefore, B",
        "So B.",
        "Hence: B",
        "<think>Could it be A? Retention is the opposite.</think>\n\nB",
        "It could be A.</think>B",
        "<thinking>A</thinking> The answer is B",
        "<|channel|>analysis<|message|>A?<|end|><|start|>assistant<|channel|>final<|message|>B",
        "$\\boxed{B}$",
        "\\boxed{\\text{B}}",
        "We get \\boxed{\\text{Churn}}.",
        "<answer>B</answer>",
        "{\"answer\": \"B\"}",
        "A) is tempting. The answer is B.",
        "A. No, B.",
        "A, no, B",
        "A. Wait, actually B.",
        "The answer is A. Wait, no: B.",
        "The answer is A? No, it's B.",
        "The answer is not A but B.",
        "The answer isn't A; it's B.",
        "Not A. B.",
        "It is B, not A.",
        "The answer is B, not C.",
        "At first the answer is A, but it is B.",
        "Options: A, B, C.\nAnswer: B",
        "A. Retention rate\nB. Churn\nC. North star\n\nAnswer: B",
        "The answer is B.\n\nA. Retention rate keeps. B. Churn loses.",
        "Churn\n\nRetention rate would be the opposite.",
        "A product manager would watch churn.",
        "Customers lost are counted by churn.",
        "B\n\nB) Churn",
        "Die Antwort ist B.",
        "The answer is B because of A/B tests",
        "I think it's B",
    ] {
        assert_eq!(read(answer), Named::One(1), "{answer}");
    }
}

#[test]
fn another_choice_is_not_taken_for_the_right_one() {
    for (answer, wanted) in [
        ("The answer is A.", 0),
        ("A", 0),
        ("a", 0),
        ("Answer: a", 0),
        ("A) is tempting. The answer is C.", 2),
        ("B) looks right at first. The answer is A.", 0),
        ("B looks right, but it's A.", 0),
        ("B. No, C.", 2),
        ("B is correct at first sight. C is correct.", 2),
        ("I first thought the answer is B. The answer is A.", 0),
        ("The answer is B. Actually, the answer is C.", 2),
        ("**B** seems good.\n\n**Final answer: C**", 2),
        ("<think>B</think>A", 0),
        ("Churn is tempting. The answer is retention rate.", 0),
        ("If the answer is B, customers stay. So the answer is A.", 0),
    ] {
        assert_eq!(read(answer), Named::One(wanted), "{answer}");
    }
}

#[test]
fn what_is_left_open_names_none() {
    for answer in [
        "B or C",
        "B and C",
        "B/C",
        "B, C",
        "Both A and B",
        "The answer is B or C.",
        "Answer: A and B",
        "A\nB",
        "A. Churn",
        "B) Retention rate",
        "Churn, or the retention rate",
        "Either B or C.",
        "The answer is B.\n\nA",
        "B) looks right at first, but A fits too.",
        "A. Retention rate\nB. Churn\nC. North star",
        "B? Or rather C?",
    ] {
        assert!(matches!(read(answer), Named::Several(_)), "{answer}: {:?}", read(answer));
    }
    for answer in [
        "",
        "D",
        "Z",
        "The answer is D.",
        "The answer is unclear.",
        "None of them.",
        "The answer is none of these.",
        "A product manager decides",
        "I do not know.",
        "é",
        "answeré",
        "Because B2B companies buy it",
        "We run A/B tests",
        "Not B.",
        "<think>B, I guess",
        "The answer is not B.",
        "Neither B nor C.",
    ] {
        assert_eq!(read(answer), Named::Nothing, "{answer}");
    }
}

#[test]
fn choices_with_words_of_their_own_are_read_whole() {
    let goals = ["A goal", "A goal with key results", "A health metric", "None of these"].map(String::from);
    for (answer, wanted) in [
        ("A goal with key results", 1),
        ("It is a goal.", 0),
        ("An OKR is a goal with key results.", 1),
        ("The answer is none of these.", 3),
        ("A", 0),
        ("The answer is a health metric", 2),
        ("A goal with key results\n\nA health metric would be a KPI.", 1),
    ] {
        assert_eq!(named(answer, &goals), Named::One(wanted), "{answer}");
    }
    let many: Vec<String> = (0..30).map(|i| format!("choice <{i}>")).collect();
    for answer in ["12", "12.", "Answer: 12", "The answer is 12.", "choice <11>", "12) choice <11>"] {
        assert_eq!(named(answer, &many), Named::One(11), "{answer}");
    }
    assert_eq!(named("There are 12 of them", &many), Named::Nothing);
    let numbers = ["2", "4", "8"].map(String::from);
    assert_eq!(named("The answer is 4.", &numbers), Named::One(1));
    assert_eq!(named("B", &numbers), Named::One(1));
}

proptest! {
    #[test]
    fn no_text_is_too_strange(text in r#"(\PC|[ABC.,:()\n'*]| is | or |answer |not |</think>){0,40}"#, choices in prop::collection::vec("\\PC{0,6}", 0..5)) {
        let _ = named(&text, &choices);
    }

    /// Whatever is said before, the last line that says so decides.
    #[test]
    fn the_last_conclusion_holds(before in "[ABC]\\) (looks right|is tempting|is correct)\\. (The answer is [ABC]\\. ){0,2}", last in 0usize..3) {
        let answer = format!("{before}\n\nFinal answer: {}", choice_label(last, 3));
        prop_assert_eq!(read(&answer), Named::One(last));
    }
}
