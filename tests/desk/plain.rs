//! What the page's program answers, without a browser.

use super::workspace::{HOSTILE, Served, Workspace};
use pmtune::desk::sheet_page;
use serde_json::{Value, json};

struct Client {
    origin: String,
    cookie: String,
    agent: ureq::Agent,
}

impl Client {
    /// Comes in with the token, as the first browser does.
    fn enter(served: &Served) -> Self {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().new_agent();
        let answer = agent.get(&served.url).call().unwrap();
        let cookie = answer.headers()["set-cookie"].to_str().unwrap();
        let cookie = cookie.split(';').next().unwrap().to_string();
        Self { origin: served.origin().trim_end_matches('/').to_string(), cookie, agent }
    }

    fn get(&self, path: &str) -> (u16, String) {
        let mut answer =
            self.agent.get(format!("{}{path}", self.origin)).header("cookie", &self.cookie).call().unwrap();
        (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
    }

    fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let request = self.agent.post(format!("{}{path}", self.origin)).header("cookie", &self.cookie);
        let mut answer = request.header("origin", &self.origin).send_json(body).unwrap();
        (answer.status().as_u16(), answer.body_mut().read_json().unwrap())
    }

    fn rate(&self, turn: u64, draft: Value) -> (u16, Value) {
        self.post("/rate", &json!({ "from": { "page": "p", "turn": turn }, "draft": draft }))
    }
}

#[test]
fn a_rating_is_on_disk_when_it_is_answered_and_comes_back_with_the_state() {
    let workspace = Workspace::new(1, &["v1", "PM-next"]);
    let served = workspace.serve(0);
    let client = Client::enter(&served);
    let (status, answer) = client.rate(1, json!({ "answer": "1b", "points": { "tone": 2 }, "flags": ["best"] }));
    assert_eq!((status, answer["saved"].as_array().unwrap().len()), (200, 2));
    assert_eq!(workspace.lines().len(), 1);
    // The flag on one answer of the pair takes it off the other, and the answer says so.
    let (_, answer) = client.rate(2, json!({ "answer": "1a", "flags": ["best"] }));
    assert_eq!((&answer["saved"][0]["flags"], &answer["saved"][1]["flags"]), (&json!(["best"]), &json!([])));
    let (status, state) = client.get("/state");
    let state: Value = serde_json::from_str(&state).unwrap();
    assert_eq!((status, &state["saved"]), (200, &answer["saved"]));
    let (status, progress) = client.post("/finish", &json!({}));
    assert_eq!((status, progress), (200, json!({ "done": 0, "of": 2 })));
    let progress = served.wait();
    assert_eq!(progress.of, 2);
}

#[test]
fn a_change_that_was_overtaken_on_its_way_is_not_recorded() {
    let workspace = Workspace::new(1, &["v1"]);
    let served = workspace.serve(0);
    let client = Client::enter(&served);
    client.rate(2, json!({ "answer": "1a", "comment": "later" }));
    let (status, answer) = client.rate(1, json!({ "answer": "1a", "comment": "late" }));
    assert_eq!((status, &answer["saved"][0]["comment"]), (200, &json!("later")));
    assert_eq!(workspace.lines().len(), 1);
}

#[test]
fn what_cannot_be_recorded_is_refused_with_words() {
    let workspace = Workspace::new(1, &["v1"]);
    let served = workspace.serve(0);
    let client = Client::enter(&served);
    for (status, draft) in [
        (422, json!({ "answer": "1a", "points": { "tone": 6 } })),
        (422, json!({ "answer": "9z", "points": { "tone": 3 } })),
        (422, json!({ "answer": "1a", "done": true })),
        (422, json!({ "answer": "1a", "comment": "x".repeat(10_001) })),
        (400, json!({ "answer": "1a", "points": { "charm": 3 } })),
        (400, json!({ "answer": "1a", "run": "v1" })),
        (400, json!([])),
    ] {
        let (answered, refusal) = client.rate(1, draft.clone());
        assert_eq!(answered, status, "{draft}: {refusal}");
        assert!(refusal["error"].as_str().is_some_and(|e| !e.is_empty()) && refusal["hint"].is_string(), "{refusal}");
    }
    assert_eq!(client.get("/elsewhere").0, 404);
    assert!(workspace.lines().is_empty());
}

#[test]
fn a_hostile_sheet_cannot_leave_its_place_in_the_page() {
    let mut sheet = Workspace::new(1, &["v1"]).sheet;
    sheet.reviewer = "</script><script>alert(1)</script>\u{2028}\u{1b}[2J".into();
    sheet.items[0].category = "<!-- <script> \" ' & ]]>".into();
    sheet.items[0].prompt = format!("{HOSTILE}</script>");
    let page = sheet_page(&sheet).unwrap();
    assert_eq!(page.matches("<script").count(), 2, "the data and the page's own");
    assert_eq!(page.matches("</script").count(), 2);
    assert_eq!(page.matches("</template>").count(), 1);
    assert!(!page.contains("<img") && !page.contains("href=") && !page.contains('\u{1b}'));
    assert_eq!(page, sheet_page(&sheet).unwrap());
}
