using System.Numerics;
using Microsoft.ML.OnnxRuntime.Tensors;
using PruneTasks.Runtime;

namespace PruneTasks.Text;

/// <summary>Where in a model's lists its text inputs and its output stand, and how many tokens it takes.</summary>
internal sealed class TextRoles
{
    private readonly ModelEngine _engine;

    public TextRoles(ModelEngine engine, TextSettings settings)
    {
        _engine = engine;
        Tokens = Array.IndexOf(engine.InputNames, settings.Tokens);
        Mask = Find(settings.Mask);
        Segments = Find(settings.Segments);
        Positions = Find(settings.Positions);
        Output = Array.IndexOf(engine.OutputNames, settings.Output);
        int[] shape = engine.Inputs[Tokens].Shape ?? [TensorSignature.Open, TensorSignature.Open];
        FixedLength = shape is [.., > 0 and var length] ? length : null;
        Batched = shape is [< 0, _];
        Inputs = [.. new int?[] { Tokens, Mask, Segments, Positions }.OfType<int>()];
    }

    public int Tokens { get; }

    public int? Mask { get; }

    public int? Segments { get; }

    public int? Positions { get; }

    public int Output { get; }

    /// <summary>Tokens that the model always takes; null where it takes any number.</summary>
    public int? FixedLength { get; }

    /// <summary>Whether several texts may go into one run.</summary>
    public bool Batched { get; }

    /// <summary>The inputs that are there.</summary>
    public int[] Inputs { get; }

    public TensorElementType TypeOf(int input) => _engine.Inputs[input].Type;

    /// <summary>Writes one text's row of one of the inputs: ids, then padding; past tokens count in places and mask.</summary>
    public void Write<TId>(int input, Span<byte> row, ReadOnlySpan<TId> ids, int past, int pad)
        where TId : unmanaged, IBinaryInteger<TId>
    {
        TensorElementType type = TypeOf(input);
        if (input == Tokens)
        {
            TokenValues.Ids(row, type, ids, pad);
        }
        else if (input == Mask)
        {
            int ones = (past + ids.Length) * _engine.Inputs[input].ElementSize;
            TokenValues.Line(row[..ones], type, 1, 0);
            TokenValues.Line(row[ones..], type, 0, 0);
        }
        else
        {
            TokenValues.Line(row, type, input == Positions ? past : 0, input == Positions ? 1 : 0);
        }
    }

    private int? Find(string? name) => name is null ? null : Array.IndexOf(_engine.InputNames, name);
}
