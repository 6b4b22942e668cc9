namespace PruneTasks.Spec.Table;

/// <content>The section <c>text</c>.</content>
internal static partial class SpecTable
{
    private static SpecKey Text() => new(
        "text",
        SpecKind.Section,
        "How texts become token ids, and what becomes of the output. Only for the tasks text-classification, text-embedding and causal-lm.")
    {
        Keys =
        [
            new("text.tokenizer", SpecKind.Path, "The tokenizer's file, or a folder with it: tokenizer.json, vocab.txt, vocab.json with merges.txt, a SentencePiece .model, a .tiktoken, or llama2.c's .bin.")
            {
                DefaultInWords = "none: the class takes token ids only",
                Example = "vocab.txt",
            },
            new("text.format", SpecKind.Word, "What the tokenizer's file is.")
            {
                Default = "\"auto\"",
                Words =
                [
                    new("auto", "by its name and content"),
                    new("huggingface", "tokenizer.json of the tokenizers library: WordPiece, byte-pair encoding or Unigram"),
                    new("wordpiece", "vocab.txt of BERT, one token per line"),
                    new("bpe", "vocab.json and merges.txt of GPT-2 in one folder"),
                    new("sentencepiece", "a model of SentencePiece; or ranks under its name, as Llama 3 has them"),
                    new("tiktoken", "ranks of OpenAI's tiktoken"),
                    new("llama2c", "tokenizer.bin of llama2.c"),
                ],
            },
            new("text.lowercase", SpecKind.Boolean, "Whether texts are lowercased and accents removed, for a vocab.txt; other files say it themselves.") { Default = "true", Example = "false" },
            new("text.pattern", SpecKind.Text, "For a .tiktoken file, which does not say it: 'gpt2', 'cl100k', 'o200k', or a regular expression of the pieces that no merge crosses.") { DefaultInWords = "by the file's name", Example = "cl100k" },
            new("text.max-length", SpecKind.Integer, "Most tokens of one text, start and end tokens included; for causal-lm, of prompt and answer together.")
            {
                DefaultInWords = "the length that the model fixes; else that of tokenizer.json; else 512, for causal-lm 2048",
                Min = 1,
                Max = 1_000_000,
                Example = "128",
            },
            new("text.truncation", SpecKind.Word, "What happens to a text with more tokens.")
            {
                Default = "\"right\"",
                Words = [new("right", "its end is cut off"), new("left", "its beginning is cut off"), new("none", "it is refused")],
            },
            new("text.start", SpecKind.Names, "Tokens, or their ids, in front of every text.") { DefaultInWords = "as the tokenizer's file says", Example = "[\"[CLS]\"]" },
            new("text.end", SpecKind.Names, "Tokens, or their ids, behind every text.") { DefaultInWords = "as the tokenizer's file says", Example = "[\"[SEP]\"]" },
            new("text.pad", SpecKind.Integer, "Id that fills up shorter texts.") { DefaultInWords = "that of the padding token; else 0", Min = 0, Max = int.MaxValue, Example = "0" },
            new("text.stop", SpecKind.Names, "Tokens, or their ids, that end an answer of a language model.") { DefaultInWords = "the usual tokens for the end, where the vocabulary has them", Example = "[\"</s>\"]" },
            new("text.pooling", SpecKind.Word, "How the vectors of a text's tokens become one, for text-embedding.")
            {
                Default = "\"auto\"",
                Words =
                [
                    new("auto", "mean, or none where the output already is one vector per text"),
                    new("mean", "their mean, padding left out"),
                    new("cls", "that of the first token"),
                    new("last", "that of the last token"),
                    new("none", "the output is one vector per text"),
                ],
            },
            new("text.normalize", SpecKind.Boolean, "Whether that vector is divided by its length, for text-embedding.") { Default = "true", Example = "false" },
            new("text.output", SpecKind.Text, "The output with the scores or vectors.") { DefaultInWords = "the first that fits", Example = "logits" },
            new("text.inputs", SpecKind.Section, "Which input takes what, where names do not tell.")
            {
                Keys =
                [
                    new("text.inputs.tokens", SpecKind.Text, "Input with the token ids.") { DefaultInWords = "by name and type", Example = "input_ids" },
                    new("text.inputs.mask", SpecKind.Text, "Input that is 1 for tokens and 0 for padding.") { DefaultInWords = "by name", Example = "attention_mask" },
                    new("text.inputs.segments", SpecKind.Text, "Input with the number of the sentence that a token is of; always 0 here.") { DefaultInWords = "by name", Example = "token_type_ids" },
                    new("text.inputs.positions", SpecKind.Text, "Input with the place of each token, from 0.") { DefaultInWords = "by name", Example = "position_ids" },
                ],
            },
            new("text.chat", SpecKind.Section, "How a conversation becomes a prompt, for causal-lm: {0} stands for the message. With it the class can become an IChatClient.")
            {
                Keys =
                [
                    new("text.chat.system", SpecKind.Text, "A message of the system.") { Default = "\"{0}\\n\"", Example = "\"<start_of_turn>system\\n{0}<end_of_turn>\\n\"" },
                    new("text.chat.user", SpecKind.Text, "A message of the user.") { Required = true, Example = "\"<start_of_turn>user\\n{0}<end_of_turn>\\n\"" },
                    new("text.chat.assistant", SpecKind.Text, "A message of the model.") { Required = true, Example = "\"<start_of_turn>model\\n{0}<end_of_turn>\\n\"" },
                    new("text.chat.reply", SpecKind.Text, "What comes before the answer.") { DefaultInWords = "nothing", MayBeEmpty = true, Example = "\"<start_of_turn>model\\n\"" },
                ],
            },
        ],
    };
}
