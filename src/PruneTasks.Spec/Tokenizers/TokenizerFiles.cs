using System.Text;
using PruneTasks.Json;
using PruneTasks.Spec.Onnx;
using PruneTasks.Tokenizers;

namespace PruneTasks.Spec.Tokenizers;

/// <summary>A tokenizer's file cannot be used.</summary>
internal sealed class TokenizerException(string problem, string? file = null, int line = 0, int column = 0, bool feature = false) : Exception(problem)
{
    /// <summary>The file at fault where it has lines.</summary>
    public string? File { get; } = file;

    /// <summary>1-based line; 0 where unknown.</summary>
    public int Line { get; } = line;

    /// <summary>1-based column.</summary>
    public int Column { get; } = column;

    /// <summary>The file is right, but asks for something that is not supported.</summary>
    public bool IsFeature { get; } = feature;
}

/// <summary>Finds and reads the files of a tokenizer. One method for each format; all give a <see cref="Tokenizer"/>.</summary>
internal static class TokenizerFiles
{
    private const string Cl100k =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    // openai/tiktoken, tiktoken_ext/openai_public.py.
    private const string O200k =
        @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>How GPT-2 splits texts (openai/gpt-2, encoder.py); tokenizer.json means it by ByteLevel with use_regex.</summary>
    public const string Gpt2 = @"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    private static readonly (string Format, string[] Names)[] Known =
    [
        ("huggingface", ["tokenizer.json"]),
        ("wordpiece", ["vocab.txt"]),
        ("bpe", ["vocab.json", "merges.txt"]),
        ("sentencepiece", ["tokenizer.model"]),
        ("sentencepiece", ["spiece.model"]),
        ("sentencepiece", ["sentencepiece.bpe.model"]),
    ];

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The names that are looked for in a folder.</summary>
    public static IEnumerable<string> Names => Known.SelectMany(format => format.Names);

    /// <summary>The files that are read for a path, in a fixed order; the first decides the format.</summary>
    /// <exception cref="TokenizerException">None is there.</exception>
    public static (string Format, string[] Files) Find(string path, string format)
    {
        if (Directory.Exists(path))
            return InFolder(path, format);
        if (!File.Exists(path))
            throw new TokenizerException("does not exist");
        string name = Path.GetFileName(path).ToLowerInvariant();
        if (format == "auto")
        {
            format = Path.GetExtension(name) switch
            {
                ".json" => name == "vocab.json" ? "bpe" : "huggingface",
                ".txt" => name == "merges.txt" ? "bpe" : "wordpiece",
                ".model" => "sentencepiece",
                ".tiktoken" => "tiktoken",
                ".bin" => "llama2c",
                _ => throw new TokenizerException("is of no format that its name tells; set 'text.format'"),
            };
        }
        return format == "bpe" ? InFolder(Path.GetDirectoryName(path)!, "bpe") : (format, [path]);
    }

    /// <summary>Reads the files.</summary>
    /// <exception cref="TokenizerException">They are not of that format, or ask for what is not supported.</exception>
    public static Tokenizer Read(string format, string[] files, TextSpec text)
    {
        try
        {
            return format switch
            {
                "huggingface" => HuggingFaceTokenizer.Read(files[0], File.ReadAllText(files[0], Utf8)),
                "wordpiece" => WordPiece(files[0], text.Lowercase),
                "bpe" => BytePairs(files[0], files[1]),
                // Llama 3 gives its ranks the name of a SentencePiece model.
                "sentencepiece" => LooksLikeRanks(files[0]) ? Tiktoken(files[0], text.Pattern) : SentencePieceModel.Read(File.ReadAllBytes(files[0])),
                "tiktoken" => Tiktoken(files[0], text.Pattern),
                _ => Llama2c(files[0]),
            };
        }
        catch (JsonReadException exception)
        {
            throw new TokenizerException(exception.Problem, files[0], exception.Line, exception.Column);
        }
        catch (DecoderFallbackException)
        {
            throw new TokenizerException("is not UTF-8 text");
        }
        catch (OnnxFormatException exception)
        {
            throw new TokenizerException("is no SentencePiece model: " + exception.Message);
        }
    }

    private static (string, string[]) InFolder(string folder, string format)
    {
        foreach ((string found, string[] names) in Known)
        {
            string[] files = [.. names.Select(name => Path.Combine(folder, name))];
            if ((format == "auto" || format == found) && files.All(File.Exists))
                return (found, files);
        }
        throw new TokenizerException(format == "bpe"
            ? "has no vocab.json with a merges.txt beside it"
            : "holds no tokenizer.json, vocab.txt, vocab.json with merges.txt, or tokenizer.model; name the file");
    }

    private static readonly string[] UsualSpecial = ["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"];

    // BERT (google-research/bert, tokenization.py): one token per line, the id is the line's number from 0.
    private static Tokenizer WordPiece(string file, bool lowercase)
    {
        string[] tokens = Lines(file);
        return new Tokenizer("wordpiece")
        {
            Tokens = tokens,
            Added = [.. UsualSpecial.Where(tokens.Contains).Select(token => new AddedToken(token, Array.IndexOf(tokens, token)))],
            Steps = [["clean"], ["chinese"], .. lowercase ? new string[][] { ["form", "D"], ["stripAccents"], ["lowercase"] } : []],
            Splits = [["pattern", @"\s+", "removed"], ["pattern", HuggingFaceTokenizer.Punctuation, "isolated"]],
            Unknown = Required("[UNK]"),
            Prefix = "##",
            Start = [Required("[CLS]")],
            End = [Required("[SEP]")],
        };

        int Required(string token) => Array.IndexOf(tokens, token) is >= 0 and var id ? id : throw new TokenizerException($"has no token {token}; a vocab.txt of BERT has");
    }

    // GPT-2 (openai/gpt-2, encoder.py): bytes written as characters; the pairs to join, best first.
    private static Tokenizer BytePairs(string vocabulary, string merges)
    {
        JsonValue root = JsonReader.Read(File.ReadAllText(vocabulary, Utf8));
        Dictionary<string, int> ids = new(StringComparer.Ordinal);
        foreach (KeyValuePair<string, JsonValue> token in root.Members)
            ids[token.Key] = (int)token.Value.AsLong(token.Key);
        string[] lines = Lines(merges);
        List<int> pairs = [];
        for (int i = 0; i < lines.Length; i++)
        {
            if (lines[i].Length == 0 || lines[i].StartsWith("#version", StringComparison.Ordinal))
                continue;
            if (lines[i].Split(' ') is not [var left, var right] || !ids.TryGetValue(left, out int first) || !ids.TryGetValue(right, out int second))
                throw new TokenizerException("each line has two tokens of the vocabulary", merges, i + 1, 1);
            pairs.AddRange([first, second]);
        }
        return new Tokenizer("pairs")
        {
            Tokens = Tokenizer.Ordered(ids.Select(token => (token.Key, token.Value)), vocabulary),
            Merges = pairs,
            Splits = [["pattern", Gpt2, "isolated"], ["bytes"]],
            ByteLevel = true,
        };
    }

    private static Tokenizer Tiktoken(string file, string? pattern)
    {
        string stem = Path.GetFileName(file).ToLowerInvariant();
        pattern ??= stem.Contains("o200k") ? "o200k" : stem.Contains("cl100k") ? "cl100k" : stem.Contains("r50k") || stem.Contains("p50k") || stem.Contains("gpt2") ? "gpt2"
            : throw new TokenizerException("does not say how texts are split; set 'text.pattern'");
        string written = pattern switch { "cl100k" => Cl100k, "o200k" => O200k, "gpt2" => Gpt2, _ => pattern };
        string read = TokenPattern.Read(written, out string? problem) ?? throw new TokenizerException($"has a 'text.pattern' with {problem}");
        string[] lines = Lines(file);
        List<(string, int)> tokens = [];
        for (int i = 0; i < lines.Length; i++)
        {
            if (lines[i].Length == 0)
                continue;
            if (lines[i].Split(' ') is not [var token, var rank] || !int.TryParse(rank, out int id) || FromBase64(token) is not { } bytes)
                throw new TokenizerException("each line has a token in base64 and its rank", file, i + 1, 1);
            tokens.Add((new string([.. bytes.Select(value => ByteAlphabet.Letter(value))]), id));
        }
        return new Tokenizer("pieces")
        {
            Tokens = Tokenizer.Ordered(tokens, file),
            // What no match has is left out.
            Splits = [["pattern", read, "matches"], ["bytes"]],
            ByteLevel = true,
            WholeWords = true,
        };
    }

    private static bool LooksLikeRanks(string file)
    {
        using StreamReader reader = new(file);
        var start = new char[64];
        int line = Array.IndexOf(start, '\n', 0, reader.ReadBlock(start, 0, start.Length));
        return line > 0 && new string(start, 0, line).TrimEnd('\r').Split(' ') is [var token, var rank] && int.TryParse(rank, out _) && FromBase64(token) is not null;
    }

    private static byte[]? FromBase64(string text)
    {
        try
        {
            return Convert.FromBase64String(text);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    // llama2.c (tokenizer.py): longest length, then score, length and bytes of each token. Token 1 begins a text, and ends it in run.c.
    private static Tokenizer Llama2c(string file)
    {
        byte[] bytes = File.ReadAllBytes(file);
        List<string> tokens = [];
        for (int at = 4; at < bytes.Length;)
        {
            int length = at + 8 <= bytes.Length ? BitConverter.ToInt32(bytes, at + 4) : -1;
            if (length < 0 || length > bytes.Length - at - 8)
                throw new TokenizerException($"is cut off at byte {at}, or not in the format of llama2.c");
            tokens.Add(Encoding.UTF8.GetString(bytes, at + 8, length));
            at += 8 + length;
        }
        if (tokens.Count < 259)
            throw new TokenizerException($"has {tokens.Count} tokens; a vocabulary of llama2.c has at least 259");
        return new Tokenizer("llama2c") { DataFile = file, Names = tokens, Start = [1], Stop = [1, 2] };
    }

    private static string[] Lines(string file)
    {
        string[] lines = File.ReadAllText(file, Utf8).Split('\n');
        for (int i = 0; i < lines.Length; i++)
            lines[i] = lines[i].TrimEnd('\r');
        return lines.Length > 0 && lines[lines.Length - 1].Length == 0 ? [.. lines.Take(lines.Length - 1)] : lines;
    }
}
