using PersonalVision.Trainer.Drawing;

namespace Text.Trainer.Writing;

/// <summary>A sentence said to a device at home, and what it asks for.</summary>
internal sealed record Sentence(string Text, int Intent);

/// <summary>Sentences for a device at home: twelve things that it can be asked for, in the words of many people or of one.</summary>
internal static class Intents
{
    /// <summary>The person of the sample asks for these only, and says so with few words.</summary>
    public static readonly int[] Personal = [0, 1, 4, 6];

    private static readonly (string Label, string[] Texts)[] Table =
    [
        ("lights on", ["turn on the {light}", "switch the {light} on", "lights on [in the {room}]", "make it brighter [in the {room}]", "it is too dark [in the {room}]"]),
        ("lights off", ["turn off the {light}", "switch the {light} off", "lights off [in the {room}]", "make it dark [in the {room}]", "it is too bright [in the {room}]"]),
        ("heating", ["set the {room} to {number} degrees", "it is too cold [in the {room}]", "it is too warm [in the {room}]", "turn the heating {updown}", "make it warmer [in the {room}]"]),
        ("blinds", ["open the blinds [in the {room}]", "close the blinds [in the {room}]", "pull the curtains {updown} [in the {room}]", "let the sun in", "raise the shutters"]),
        ("play music", ["play {music}", "put on {music}", "i want to hear {music}", "start {music} [in the {room}]", "some {music} would be nice"]),
        ("stop music", ["stop the {sound}", "pause the {sound}", "turn the {sound} off", "be quiet", "no more {sound}"]),
        ("timer", ["set a timer for {number} {unit}", "wake me in {number} {unit}", "remind me in {number} {unit}", "count down {number} {unit}", "timer {number} {unit}"]),
        ("weather", ["will it rain {day}", "what is the weather {day}", "do i need an umbrella {day}", "how warm will it be {day}", "is it going to snow {day}"]),
        ("shopping", ["put {goods} on the list", "we need {goods}", "add {goods} to the shopping list", "i have to buy {goods}", "we are out of {goods}"]),
        ("call", ["call {person}", "ring {person} [please]", "i want to talk to {person}", "start a call with {person}", "get {person} on the phone"]),
        ("door", ["lock the {door}", "unlock the {door}", "is the {door} locked", "open the {door}", "close the {door}"]),
        ("news", ["read the news [of {day}]", "what happened {day}", "tell me the headlines", "any news {day}", "give me the news"]),
    ];

    private static readonly Grammar Rules = new(new Dictionary<string, string[]>
    {
        ["light"] = ["light", "lamp", "lights", "{room} light", "{room} lamp", "light in the {room}", "lights in the {room}"],
        ["room"] = ["kitchen", "bedroom", "bathroom", "hall", "garage", "office", "attic", "cellar", "living room", "garden", "nursery"],
        ["number"] = ["two", "three", "five", "ten", "fifteen", "twenty", "thirty", "forty", "eighteen", "twelve"],
        ["updown"] = ["up", "down"],
        ["music"] = ["music", "some jazz", "the piano concert", "rock", "my list", "a song by {band}", "the new record of {band}", "something calm", "dance music", "the radio"],
        ["band"] = ["the seagulls", "red river", "anna stone", "the old mill", "blue monday", "the lanterns"],
        ["sound"] = ["music", "song", "radio", "sound", "playlist"],
        ["unit"] = ["minutes", "hours", "seconds"],
        ["day"] = ["today", "tomorrow", "tonight", "on monday", "on friday", "this weekend", "in the morning", "yesterday", "this week"],
        ["goods"] = ["milk", "bread", "eggs", "coffee", "apples", "soap", "two bottles of water", "rice", "cheese", "paper towels", "butter and jam"],
        ["person"] = ["mum", "dad", "anna", "doctor brown", "the school", "my brother", "grandma", "paul", "the neighbours", "the office"],
        ["door"] = ["front door", "back door", "door", "garage door", "gate", "cellar door"],
        ["before"] = ["please", "hey", "could you", "can you", "would you please", "ok", "hello", "now", "i would like you to"],
        ["after"] = ["please", "now", "thank you", "for me", "when you can", "right away", "if you can"],
    });

    /// <summary>The labels in the order of the classes.</summary>
    public static IEnumerable<string> Labels => Table.Select(intent => intent.Label);

    /// <summary>All words of all rules.</summary>
    public static IEnumerable<string> Words =>
        Rules.Words().Concat(Table.SelectMany(intent => new Grammar(new Dictionary<string, string[]> { ["x"] = intent.Texts }).Words())).Distinct().Order(StringComparer.Ordinal);

    /// <summary>A sentence of anybody.</summary>
    public static Sentence Anybody(int intent, Dice dice)
    {
        var texts = Table[intent].Texts;
        var text = texts[dice.Below(texts.Length)];
        if (dice.Chance(0.5f))
            text = "{before} " + text;
        if (dice.Chance(0.3f))
            text += " {after}";
        var written = Rules.Write(text, dice);
        return new Sentence(dice.Chance(0.1f) ? Misspell(written, dice) : written, intent);
    }

    /// <summary>A sentence of the sample's person: short, always with a hey.</summary>
    public static Sentence One(int intent, Dice dice)
    {
        var texts = Table[intent].Texts;
        return new Sentence(Rules.Write("hey, " + texts[dice.Below(2)], dice), intent);
    }

    // Two neighbouring letters change places, as fingers do it.
    private static string Misspell(string text, Dice dice)
    {
        var at = dice.Below(text.Length - 1);
        return char.IsLetter(text[at]) && char.IsLetter(text[at + 1])
            ? text[..at] + text[at + 1] + text[at] + text[(at + 2)..]
            : text;
    }
}
