namespace PruneTasks.Worker.Tests.Data;

/// <summary>Special tokens in a text. The ids are those of huggingface/tokenizers (npm package tokenizers 0.23.2) for the same file.</summary>
public sealed class SpecialTokensTests
{
    private const string Added = """
        { "id": 0, "content": "<s>", "special": true, "normalized": false },
        { "id": 1, "content": "<mask>", "special": true, "normalized": false, "lstrip": true },
        { "id": 2, "content": "<end>", "special": true, "normalized": false, "rstrip": true },
        { "id": 3, "content": "<word>", "special": true, "normalized": false, "single_word": true },
        { "id": 4, "content": "<Norm>", "special": false, "normalized": true }
        """;

    private const string Bytes = $$"""
        { "added_tokens": [ {{Added}} ], "normalizer": { "type": "Lowercase" },
          "pre_tokenizer": { "type": "ByteLevel", "add_prefix_space": true, "use_regex": true },
          "model": { "type": "BPE", "vocab": { "<s>": 0, "<mask>": 1, "<end>": 2, "<word>": 3, "<Norm>": 4, "a": 5, "b": 6, "Ġ": 7, "Ġa": 8, "Ġb": 9 }, "merges": [ "Ġ a", "Ġ b" ] } }
        """;

    private const string Pieces = $$"""
        { "added_tokens": [ {{Added}} ], "normalizer": null,
          "pre_tokenizer": { "type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": true },
          "model": { "type": "BPE", "unk_token": "u", "fuse_unk": true, "vocab": { "<s>": 0, "<mask>": 1, "<end>": 2, "<word>": 3, "<Norm>": 4, "a": 5, "b": 6, "▁": 7, "▁a": 8, "▁b": 9, "u": 10 }, "merges": [ "▁ a", "▁ b" ] } }
        """;

    public static TheoryData<string, string, string> Recorded => new()
    {
        { "bytes", "a", "8" },
        { "bytes", " a", "8" },
        { "bytes", "<s>", "0" },
        { "bytes", "<s>a", "0 8" },
        { "bytes", "<s> a", "0 8" },
        { "bytes", "a<s>b", "8 0 9" },
        { "bytes", "a <s> b", "8 7 0 9" },
        { "bytes", "a  <mask> b", "8 1 9" },
        { "bytes", "<mask>a", "1 8" },
        { "bytes", "<end> \t a", "2 8" },
        { "bytes", "a<end>  b<end>", "8 2 9 2" },
        { "bytes", "a<word>b", "8 6" },
        { "bytes", "a <word> b", "8 7 3 9" },
        { "bytes", "<word>", "3" },
        { "bytes", "a<norm>b", "8 4 9" },
        { "bytes", "a <NORM> b", "8 7 4 9" },
        { "bytes", "<Norm>", "4" },
        { "bytes", "<S>a", "7 5" },
        { "bytes", "a\n<mask>\nb", "8 1 7 6" },
        { "bytes", "<mask><end> <s>", "1 2 0" },
        { "pieces", "a", "8" },
        { "pieces", " a", "8" },
        { "pieces", "<s>", "0" },
        { "pieces", "<s>a", "0 5" },
        { "pieces", "<s> a", "0 8" },
        { "pieces", "a<s>b", "8 0 6" },
        { "pieces", "a <s> b", "8 7 0 9" },
        { "pieces", "a  <mask> b", "8 1 9" },
        { "pieces", "<mask>a", "1 5" },
        { "pieces", "<end> \t a", "2 5" },
        { "pieces", "a<end>  b<end>", "8 2 6 2" },
        { "pieces", "a<word>b", "8 10 6" },
        { "pieces", "a <word> b", "8 7 3 9" },
        { "pieces", "<word>", "3" },
        { "pieces", "a<norm>b", "8 10 6" },
        { "pieces", "a <NORM> b", "8 7 10 9" },
        { "pieces", "<Norm>", "4" },
        { "pieces", "<S>a", "7 10 5" },
        { "pieces", "a\n<mask>\nb", "8 1 10 6" },
        { "pieces", "<mask><end> <s>", "1 2 0" },
    };

    [Theory]
    [MemberData(nameof(Recorded))]
    public void Ids_are_those_of_the_library_that_defines_the_format(string kind, string text, string ids) =>
        Assert.Equal(ids, string.Join(' ', PieceTokenizerTests.Make(kind == "bytes" ? Bytes : Pieces).Split(text)));

    [Fact]
    public void Ids_become_text_without_those_that_are_no_text() =>
        Assert.Equal(" a<Norm>b", PieceTokenizerTests.Make(Bytes).Decode([0, 8, 4, 1, 6]));
}
