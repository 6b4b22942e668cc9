using PersonalVision.Trainer.Drawing;

namespace Text.Trainer.Writing;

/// <summary>
/// Writes sentences from rules. <c>{name}</c> stands for one of the expansions of a rule, <c>[text]</c> for the text or nothing.
/// </summary>
internal sealed class Grammar(IReadOnlyDictionary<string, string[]> rules)
{
    /// <summary>One expansion of a text, with the choices made so far: a name written <c>{name:1}</c> twice is chosen once.</summary>
    public string Write(string text, Dice dice, Dictionary<string, string>? chosen = null)
    {
        chosen ??= [];
        while (text.IndexOf('[') is >= 0 and var open)
        {
            var close = text.IndexOf(']', open);
            text = text[..open] + (dice.Chance(0.5f) ? text[(open + 1)..close] : "") + text[(close + 1)..];
        }

        while (text.IndexOf('{') is >= 0 and var start)
        {
            var end = text.IndexOf('}', start);
            var name = text[(start + 1)..end];
            if (!chosen.TryGetValue(name, out var words))
            {
                var all = rules[name.Split(':')[0]];
                words = Write(all[dice.Below(all.Length)], dice, chosen);
                if (name.Contains(':'))
                    chosen.Add(name, words);
            }

            text = text[..start] + words + text[(end + 1)..];
        }

        return string.Join(' ', text.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Replace(" ,", ",").Replace(" .", ".").Replace(" ?", "?");
    }

    /// <summary>Every word that a rule can write, for a vocabulary.</summary>
    public IEnumerable<string> Words() => rules.Values.SelectMany(all => all)
        .SelectMany(text => System.Text.RegularExpressions.Regex.Replace(text, @"\{[^}]*\}", " ").Split([' ', '[', ']', ',', '.', '?', '!', '"', '\''], StringSplitOptions.RemoveEmptyEntries));
}
