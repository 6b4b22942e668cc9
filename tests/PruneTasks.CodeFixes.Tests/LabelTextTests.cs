using PruneTasks.CodeFixes.Tests.Harness;

namespace PruneTasks.CodeFixes.Tests;

public sealed class LabelTextTests
{
    private const string Id = "PRUNE0505";

    private const string Before = "VitLabel label = VitLabel.Cat; ";

    [Theory]
    [InlineData("bool b = [|label.ToText() == \"cat\"|];", "VitLabel.Cat")]
    [InlineData("bool b = [|\"golden retriever\" != label.ToText()|];", "VitLabel.GoldenRetriever")]
    [InlineData("bool b = [|label.ToText() == \"crane\"|];", "a member of VitLabel")] // two labels have this text
    [InlineData("bool b = [|label.ToText() == \"kat\"|];", "a member of VitLabel")]
    [InlineData("bool b = [|label.ToString() == \"Crane3\"|];", "VitLabel.Crane3")]
    [InlineData("bool b = [|label.ToText().Equals(\"cat\")|];", "VitLabel.Cat")]
    [InlineData("bool b = [|string.Equals(label.ToText(), \"cat\", StringComparison.OrdinalIgnoreCase)|];", "VitLabel.Cat")]
    [InlineData("bool b = [|VitLabelExtensions.ToText(label) == \"cat\"|];", "VitLabel.Cat")]
    [InlineData("bool b = label.ToText() is [|\"cat\"|];", "VitLabel.Cat")]
    [InlineData("int i = label.ToText() switch { [|\"cat\"|] => 1, _ => 0 };", "VitLabel.Cat")]
    [InlineData("switch (label.ToText()) { [|case \"cat\":|] break; }", "VitLabel.Cat")]
    public async Task Reports_comparisons_with_text(string statements, string advice) =>
        Assert.EndsWith($"compare with {advice} instead", Assert.Single(await Verify.Reports(Id, Before + statements)).GetMessage());

    [Theory]
    [InlineData("bool b = label == VitLabel.Cat;")]
    [InlineData("Console.WriteLine(label.ToText());")]
    [InlineData("bool b = label.ToText() == args[0];")]
    [InlineData("bool b = label.ToText().StartsWith(\"golden\");")]
    [InlineData("bool b = label.Mine() == \"cat\"; static class Own { public static string Mine(this VitLabel label) => \"Katze\"; }")]
    [InlineData("bool b = DayOfWeek.Friday.ToString() == \"Friday\";")]
    public Task Says_nothing_of_other_texts(string statements) => Verify.IsClean(Before + statements);

    [Theory]
    [InlineData("bool b = label.ToText() == \"cat\";", "bool b = label == VitLabel.Cat;")]
    [InlineData("bool b = !label.ToText().Equals(\"cat\");", "bool b = !(label == VitLabel.Cat);")]
    [InlineData("bool b = string.Equals(\"cat\", label.ToText());", "bool b = label == VitLabel.Cat;")]
    [InlineData("bool b = label.ToText() is \"cat\" or \"golden retriever\";", "bool b = label is VitLabel.Cat or VitLabel.GoldenRetriever;")]
    [InlineData("int i = label.ToText() switch { \"cat\" => 1, _ => 0 };", "int i = label switch { VitLabel.Cat => 1, _ => 0 };")]
    [InlineData("switch (label.ToText()) { case \"cat\": break; default: break; }", "switch (label) { case VitLabel.Cat: break; default: break; }")]
    public Task Fix_compares_the_label(string before, string after) => Verify.Fixed(Id, Before + before, Before + after);

    [Theory]
    [InlineData("bool b = label.ToText() == \"kat\";")]
    [InlineData("int i = label.ToText() switch { \"cat\" => 1, \"crane\" => 2, _ => 0 };")]
    [InlineData("int i = label.ToText() switch { \"cat\" => 1, { Length: 3 } => 2, _ => 0 };")]
    public Task Fix_is_not_offered_where_no_single_member_has_the_text(string statements) => Verify.NotFixed(Id, Before + statements);
}
