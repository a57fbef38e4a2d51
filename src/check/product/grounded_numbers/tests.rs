use super::super::super::quality::testing::{judge, verdict_on, wild_text};
use super::*;
use proptest::prelude::*;

const PROMPT: &str = "Write a status update. Checkout is 2 weeks behind, since Stripe's API came late. Launch moves from 15 March 2025 to 5 April \
    2025. Activation grew from 32% to 45% in Q3. Budget: $4M; 1,200 beta users. Maria Lopez (Acme Corp) leads twenty-five engineers.";

#[track_caller]
fn grounded(text: &str) {
    let judge: GroundedNumbers = judge("{}");
    let verdict = verdict_on(&judge, PROMPT, text);
    assert!(verdict.passed(), "should be grounded: {verdict:?}\n{text}");
}

#[track_caller]
fn strange(text: &str, what: &str) {
    let judge: GroundedNumbers = judge("{}");
    let verdict = verdict_on(&judge, PROMPT, text);
    assert!(matches!(verdict, Verdict::Fail { .. }), "should not be grounded: {verdict:?}\n{text}");
    assert_eq!(verdict.reason(), format!("not in the prompt: {what}"), "{text}");
}

#[test]
fn what_the_prompt_says_in_other_words_is_grounded() {
    for text in [
        "We are two weeks behind; the launch moves to April 5th, 2025 (was: 2025-03-15).",
        "The budget is $4 million, and 1.2k users are in the beta.",
        "Maria Lopez's 25 engineers at Acme Corp wait for Stripe.",
        "Activation grew by 13 percentage points, from 32 percent to 45 %, in Q3.",
        "# 1. Summary\n\n1. First, activation\n2. Then the budget\n\n### Key Result 2: grow\n\nStep 3: rest. Three reasons speak for it.",
        "- Assuming 500 new users by 1 June, revenue doubles.\n- Churn falls to 3% (estimated).\n- For example, Globex could pay $9.",
        "## Assumptions\n- 40 engineers\n- Globex pays in May 2026",
        "The Product Manager tells Engineering about OKRs, B2B, SOC2 and UTF-8, 24/7.",
        "Nothing to see.",
        "",
    ] {
        grounded(text);
    }
}

#[test]
fn what_the_prompt_does_not_say_is_named() {
    strange("We are 4 weeks behind.", "4");
    strange("Activation grew to 57%.", "57%");
    strange("The launch moves to 6 April 2025.", "6 April 2025");
    strange("We plan it for Q4 2027.", "Q4 2027");
    strange("We spoke with Dana Scott about it.", "\"Dana Scott\"");
    strange("Next: mock it. Owner: Dana", "\"Dana\"");
    strange("The budget is $5M for 1,300 users.", "$5M and 1,300");
    strange("Activation grew by 45 users to 1,200%.", "1,200%");
    strange("| Team | Cost |\n|---|---|\n| Growth | $70 |", "$70");
    strange("It takes seventy days.", "seventy");
}

#[test]
fn the_score_is_the_share_grounded() {
    let judge: GroundedNumbers = judge("{}");
    assert_eq!(verdict_on(&judge, PROMPT, "32% became 45%, then 57% and 66%.").score(), Some(0.5));
}

#[track_caller]
fn sorts(prompt: &str, grounded: &[&str], strange: &[&str]) {
    let judge: GroundedNumbers = judge("{}");
    for (texts, passes) in [(grounded, true), (strange, false)] {
        for text in texts {
            let verdict = verdict_on(&judge, prompt, text);
            assert_eq!(verdict.passed(), passes, "{verdict:?}\n{text}");
        }
    }
}

#[test]
fn arithmetic_on_given_numbers_is_grounded() {
    sorts(
        "We have 40 designers and 60 engineers. Revenue is $1.2m, costs are $900k, churn went from 8% to 5%. We lose 12 weeks of 52.",
        &[
            "That makes 100 people.",
            "Profit is $300k, a margin of 25%.",
            "Costs are $15k per engineer.",
            "Churn fell by 3 points, or 37.5%.",
            "Engineers outnumber designers 1.5 times.",
            "40 weeks are left.",
            "5% of 60 engineers are 3.",
        ],
        &["Profit is $350k.", "Churn fell by 41%.", "We need 7 engineers more.", "Costs are $26k per engineer."],
    );
}

#[test]
fn totals_shares_and_names_are_grounded() {
    sorts(
        "| Team | Tickets |\n|---|---|\n| A | 12 |\n| B | 15 |\n| C | 9 |\n\nFrom 15 March to 5 April, 9:00 to 10:30. 25% of users are on phones. We have 1,987 users since 2019; it is 2026.",
        &[
            "36 tickets in all.",
            "Three weeks, or 21 days. Seven years. 90 minutes.",
            "Nearly 2,000 users, 75% of them not on phones.",
            "1.987 users",
            "One in four users is on a phone.",
            "On Friday we ship to B2B customers on iOS 17 and Windows 11 in Q3.",
            "1. A\n2. B\n3. C",
        ],
        &["38 tickets in all.", "Four weeks.", "1 in 7 users is on a phone.", "17 tickets more."],
    );
}

/// With many numbers some pair makes almost anything, so only sums, differences and changes of like units count.
#[test]
fn many_numbers_do_not_explain_everything() {
    let given: Vec<String> = (0..15).map(|n| format!("{} tickets", 101 + 17 * n * n)).collect();
    sorts(
        &given.join(", "),
        &["17 tickets more.", "That is 16.8% more."],
        &["It takes 23 days.", "That is 3.7 times."],
    );
}

#[test]
fn more_can_be_allowed() {
    let judge: GroundedNumbers = judge(r#"{"allow": ["Dana", "6 April 2025", 55]}"#);
    assert!(verdict_on(&judge, PROMPT, "On 6 April 2025 we meet Dana and 55 others.").passed());
    assert!(!verdict_on(&judge, PROMPT, "On 7 April 2025 we meet Dana.").passed());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// An answer that only copies the prompt passes, whole or in part.
    #[test]
    fn a_copy_of_the_prompt_is_grounded(prompt in wild_text()) {
        let judge: GroundedNumbers = judge("{}");
        let verdict = verdict_on(&judge, &prompt, &prompt);
        prop_assert!(verdict.passed(), "{:?}", verdict);
    }

    #[test]
    fn words_of_the_prompt_are_grounded(from in 0_usize..40, words in 0_usize..20) {
        let judge: GroundedNumbers = judge("{}");
        let copied = PROMPT.split_whitespace().skip(from).take(words).collect::<Vec<_>>().join(" ");
        let verdict = verdict_on(&judge, PROMPT, &copied);
        prop_assert!(verdict.passed(), "{:?}: {:?}", copied, verdict);
    }
}
