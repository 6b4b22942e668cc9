using System.Text;
using PruneTasks.Text;

namespace PruneTasks.Worker.Tests.Data;

/// <summary>Special tokens in a text, as huggingface/tokenizers finds them (AddedVocabulary; ByteLevel puts the space in front of each piece).</summary>
public sealed class SpecialTokensTests
{
    private const string BytePairs = """
        { "version": 1, "kind": "bpe", "byteLevel": true, "prefixSpace": true, "unknown": "<unk>",
          "special": { "<s>": 0, "<mask>": 1 }, "leftStrip": ["<mask>"],
          "tokens": ["<s>", "<mask>", "<unk>", "a", "b", "\u0120", "\u0120a", "\u0120b"], "merges": ["\u0120 a", "\u0120 b"] }
        """;

    private const string WordPiece = """
        { "version": 1, "kind": "wordpiece", "unknown": "[UNK]", "lowercase": true,
          "special": { "[UNK]": 0, "[MASK]": 1, "[END]": 2 }, "rightStrip": ["[END]"], "tokens": ["[UNK]", "[MASK]", "[END]", "a", "b", "[", "]", "mask"] }
        """;

    [Theory]
    [InlineData("a", 6)]
    [InlineData(" a", 6)]
    [InlineData("<s>", 0)]
    [InlineData("<s>a", 0, 6)]
    [InlineData("a<s>b", 6, 0, 7)]
    [InlineData("a <s> b", 6, 5, 0, 7)]
    [InlineData("a  <mask> b", 6, 1, 7)]
    public void In_bytes(string text, params int[] ids) => Assert.Equal(ids, Ids(BytePairs, text));

    [Theory]
    [InlineData("A[MASK]b", 3, 1, 4)]
    [InlineData("[mask] a", 5, 7, 6, 3)]
    [InlineData("[END] \t a[END]", 2, 3, 2)]
    public void In_words(string text, params int[] ids) => Assert.Equal(ids, Ids(WordPiece, text));

    private static IReadOnlyList<int> Ids(string definition, string text) =>
        new LibraryTokenizer(TokenizerDefinition.Read(Encoding.UTF8.GetBytes(definition), [])).Split(text);
}
