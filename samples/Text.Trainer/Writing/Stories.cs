using PersonalVision.Trainer.Drawing;

namespace Text.Trainer.Writing;

/// <summary>Very short stories, after rules: somebody goes somewhere, finds something, and is glad in the end.</summary>
internal static class Stories
{
    private const string Plot =
        "{open} {hero:1} {the:1} {kind:1} went to the {place:1}. {sky} {hero:1} saw {thing:1} {where}. \"{cry}\" said {hero:1}. {turn} {friend} {end}";

    private static readonly Dictionary<string, string[]> Rules = new()
    {
        ["open"] = ["One day", "Once", "In the morning", "After lunch", "On a {weather} day", "Early in spring"],
        ["the"] = ["the little", "the old", "the brave", "the small", "the sleepy", "the clever"],
        ["hero"] = ["Mia", "Tom", "Lily", "Ben", "Anna", "Max", "Sue", "Finn", "Zoe", "Paul"],
        ["kind"] = ["fox", "bear", "mouse", "rabbit", "duck", "cat", "dog", "bird", "frog", "owl"],
        ["place"] = ["river", "forest", "park", "beach", "hill", "garden", "lake", "farm", "village", "cave"],
        ["weather"] = ["sunny", "rainy", "windy", "cold", "warm", "snowy"],
        ["sky"] = ["The sun was warm.", "It was very windy.", "The sky was blue.", "Small clouds hung over the {place:1}.", "It began to rain.", "Everything was quiet."],
        ["thing"] = ["a red ball", "a shiny stone", "an old boat", "a big cake", "a lost hat", "a golden key", "a tall tree", "a blue flower", "a little house", "a heavy box"],
        ["where"] = ["near the path", "in the grass", "under a bush", "behind a wall", "by the water", "on a rock"],
        ["cry"] = ["Look at that!", "What is this?", "I want to take it home!", "Who has lost it?", "How nice!", "I am so lucky!"],
        ["turn"] =
        [
            "But it was too far away.", "It was not easy to reach.", "Then a {kind:2} came along.", "Suddenly there was a loud noise.",
            "{hero:1} was a little afraid.", "{hero:1} waited for a long time.", "Nobody else was there.",
        ],
        ["friend"] =
        [
            "{hero:2} came to help.", "\"Let us share it\" said {hero:2}.", "{hero:2} knew what to do.", "Together with {hero:2} it was easy.",
            "\"It is mine\" said {hero:2}, \"but you may keep it.\"", "{hero:2} laughed and clapped.",
        ],
        ["end"] =
        [
            "They went home and were happy.", "In the evening they told everybody about it.", "{hero:1} and {hero:2} became good friends.",
            "{hero:1} slept very well that night.", "From then on they met at the {place:1} every day.", "{hero:1} said thank you and smiled.",
        ],
    };

    private static readonly Grammar Everybody = new(Rules);

    // The stories that one child likes: always the same two, at the water.
    private static readonly Grammar Child = new(new Dictionary<string, string[]>(Rules)
    {
        ["hero"] = ["Mia", "Finn"],
        ["kind"] = ["duck", "frog"],
        ["place"] = ["river", "lake", "beach"],
        ["thing"] = ["an old boat", "a shiny stone", "a red ball"],
        ["where"] = ["by the water", "on a rock"],
    });

    /// <summary>A story for everybody.</summary>
    public static string Anybody(Dice dice) => Everybody.Write(Plot, dice);

    /// <summary>A story for the child of the sample.</summary>
    public static string One(Dice dice) => Child.Write(Plot, dice);
}
