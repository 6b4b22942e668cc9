using PruneTasks.Generator.Describing;
using PruneTasks.Generator.Manifest;

namespace PruneTasks.Generator.Emitting;

/// <summary>What all text models have: settings, the tokenizer, and the call object; the calls are those of an <see cref="ITextCalls"/>.</summary>
internal sealed class TextEmitter
{
    private const string Text = "global::PruneTasks.Text.";

    private readonly ModelDescription _model;
    private readonly ITextCalls _calls;

    public TextEmitter(ModelDescription model)
    {
        _model = model;
        HasTokenizer = Facts.Tokenizer is not null;
        _calls = model.Text!.Task switch
        {
            "text-classification" => new TextClassifierEmitter(model, HasTokenizer),
            "text-embedding" => new TextEmbedderEmitter(model, HasTokenizer, model.References.ExtensionsAi),
            _ => new LanguageModelEmitter(model, HasTokenizer, model.References.ExtensionsAi),
        };
    }

    private bool HasTokenizer { get; }

    private TextFacts Facts => _model.Text!.Facts;

    public void EmitDeclarations(SourceWriter writer) => _calls.EmitDeclarations(writer);

    public void EmitFields(SourceWriter writer)
    {
        writer.Line($"private static readonly {Text}TextSettings _textSettings = new {Text}TextSettings").Open();
        writer.Line($"Tokens = {Literals.Text(Facts.Tokens)},");
        foreach ((string member, string? name) in new[] { ("Mask", Facts.Mask), ("Segments", Facts.Segments), ("Positions", Facts.Positions) })
        {
            if (name is not null)
                writer.Line($"{member} = {Literals.Text(name)},");
        }
        writer.Line($"Output = {Literals.Text(Facts.Output)},");
        writer.Line($"MaxLength = {Facts.MaxLength},");
        writer.Line($"Truncation = {Text}TextTruncation.{Member(Facts.Truncation)},");
        writer.Line($"Pooling = {Text}TextPooling.{Member(Facts.Pooling)},");
        writer.Line($"Normalize = {(Facts.Normalize ? "true" : "false")},");
        writer.Line($"Pad = {Facts.Pad},");
        if (Facts.Stop.Count > 0)
            writer.Line($"Stop = new int[] {{ {string.Join(", ", Facts.Stop)} }},");
        if (Facts.States.Count > 0)
        {
            writer.Line($"States = new {Text}StateNames[]").Open();
            foreach (StateFacts state in Facts.States)
                writer.Line($"new {Text}StateNames({Literals.Text(state.Past)}, {Literals.Text(state.Present)}, {state.Axis}),");
            writer.Close(",");
        }
        writer.Close(";").Line();
        writer.Line($"private readonly {_calls.FieldType} _text;").Line();
        writer.Doc("<summary>Most tokens of one text, start and end tokens included.</summary>");
        writer.Line($"public const int MaxLength = {Facts.MaxLength};").Line();
        _calls.EmitConstants(writer);
        if (!HasTokenizer)
            return;
        writer.Doc("<summary>The tokenizer, embedded in this assembly.</summary>");
        writer.Line($"public {Text}TextTokenizer Tokenizer {{ get; }}").Line();
    }

    public void EmitConstruction(SourceWriter writer)
    {
        if (HasTokenizer)
        {
            string type = Text + (Facts.Tokenizer == "llama2c" ? "Llama2cTokenizer" : "PieceTokenizer");
            string data = Facts.TokenizerData ? Literals.Text($"PruneTasks.{_model.Name}.tokenizer.bin") : "null";
            writer.Line($"Tokenizer = new {type}({Text}TokenizerResource.Load(");
            writer.Continued($"typeof({Naming.Identifiers.Escape(_model.ClassName)}), {Literals.Text(_model.Name)}, {Literals.Text($"PruneTasks.{_model.Name}.tokenizer.json")}, {data}));");
        }
        writer.Line($"_text = {_calls.Construction(HasTokenizer ? "Tokenizer" : "null")};");
    }

    public void EmitMethods(SourceWriter writer) => _calls.EmitMethods(writer);

    /// <summary>Types beside the class.</summary>
    public void EmitTypes(SourceWriter writer, string attribute) => _calls.EmitTypes(writer, attribute);

    private static string Member(string word) => char.ToUpperInvariant(word[0]) + word.Substring(1);
}

/// <summary>The calls of one task.</summary>
internal interface ITextCalls
{
    /// <summary>Type of the field that does the work.</summary>
    string FieldType { get; }

    /// <summary>The expression that makes it.</summary>
    string Construction(string tokenizer);

    void EmitConstants(SourceWriter writer);

    void EmitDeclarations(SourceWriter writer);

    void EmitMethods(SourceWriter writer);

    void EmitTypes(SourceWriter writer, string attribute);
}
