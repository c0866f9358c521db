//! Reads `doc/recipes.md`.

/// The recipe with the scripts that others call.
pub const SCRIPTS: &str = "Two scripts for pipelines";

/// A section with code blocks: their languages and texts.
pub struct Recipe {
    pub title: String,
    pub blocks: Vec<(String, String)>,
}

/// All recipes, in order.
pub fn recipes() -> Vec<Recipe> {
    let recipe = |section: &str| {
        let (title, rest) = section.split_once('\n').expect("a section has a title");
        let blocks = rest.split("\n```").skip(1).step_by(2).map(|block| {
            let (language, text) = block.split_once('\n').expect("a code block has a first line");
            (language.to_owned(), format!("{text}\n"))
        });
        Recipe { title: title.to_owned(), blocks: blocks.collect() }
    };
    let sections = include_str!("../../doc/recipes.md").split("\n## ").skip(1);
    sections.map(recipe).filter(|recipe| !recipe.blocks.is_empty()).collect()
}

/// The recipe with this title.
#[track_caller]
pub fn recipe(title: &str) -> Recipe {
    recipes().into_iter().find(|recipe| recipe.title == title).expect("a recipe has this title")
}

/// The scripts that others call: their names and texts.
pub fn scripts() -> [(&'static str, String); 2] {
    let [install, create] = recipe(SCRIPTS).blocks(["sh", "sh"]).map(str::to_owned);
    [("install-coveo-delete-key.sh", install), ("create-coveo-key.sh", create)]
}

impl Recipe {
    /// The texts of all its code blocks, which must be in these languages.
    #[track_caller]
    pub fn blocks<const N: usize>(&self, languages: [&str; N]) -> [&str; N] {
        let found: Vec<&str> = self.blocks.iter().map(|(language, _)| language.as_str()).collect();
        assert_eq!(found, languages, "{}", self.title);
        std::array::from_fn(|index| self.blocks[index].1.as_str())
    }
}
