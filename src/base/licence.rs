/// Under what terms a base may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Licence {
    Apache2,
    Mit,
    Gemma,
    Llama32,
}

impl Licence {
    pub fn name(self) -> &'static str {
        match self {
            Self::Apache2 => "Apache-2.0",
            Self::Mit => "MIT",
            Self::Gemma => "Gemma",
            Self::Llama32 => "Llama 3.2",
        }
    }

    /// What it means for a product, in a sentence. No lawyer wrote it.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Apache2 => "Free for any use, in products too; keep the licence's text with what you pass on.",
            Self::Mit => "Free for any use, in products too; keep the copyright line with what you pass on.",
            Self::Gemma => {
                "Products are allowed within Google's list of prohibited uses; whoever gets the model or a version of it \
                 from you must be bound by the same terms."
            }
            Self::Llama32 => {
                "Products are allowed below 700 million users a month and within Meta's use policy; show “Built with Llama”, \
                 and begin the name of a version that you pass on with “Llama”."
            }
        }
    }

    /// Where the terms stand.
    pub fn terms(self) -> &'static str {
        match self {
            Self::Apache2 => "https://www.apache.org/licenses/LICENSE-2.0",
            Self::Mit => "https://opensource.org/license/mit",
            Self::Gemma => "https://ai.google.dev/gemma/terms",
            Self::Llama32 => "https://www.llama.com/llama3_2/license/",
        }
    }
}
