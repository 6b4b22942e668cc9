namespace PruneTasks.Onnx.Shapes;

/// <summary>Contents of elementwise operators.</summary>
internal static class Arithmetic
{
    /// <summary>Two operands, or more one after the other; integers stay integers.</summary>
    public static Action<NodeContext> Binary(Func<long, long, long> integers, Func<double, double, double> floats) => c =>
    {
        TensorData result = c.Content(0)!;
        for (int i = 1; i < c.InputCount; i++)
        {
            TensorData next = c.Content(i)!;
            long[] shape = i == c.InputCount - 1 ? c.OutputShape(0) : Dims.Broadcast([.. result.Shape], [.. next.Shape]);
            Numbers a = Numbers.Read(result), b = Numbers.Read(next);
            Func<long, long> ia = Broadcasting.Index(result, shape), ib = Broadcasting.Index(next, shape);
            result = a.IsInteger
                ? Numbers.WriteIntegers(c.OutputType(0), shape, n => integers(a.IntegerAt(ia(n)), b.IntegerAt(ib(n))))
                : Numbers.Write(c.OutputType(0), shape, n => floats(a.At(ia(n)), b.At(ib(n))));
        }
        c.SetContent(0, result);
    };

    /// <summary>Two operands to a boolean.</summary>
    public static Action<NodeContext> Compare(Func<double, double, bool> floats) => c =>
    {
        long[] shape = c.OutputShape(0);
        Numbers a = Numbers.Read(c.Content(0)!), b = Numbers.Read(c.Content(1)!);
        Func<long, long> ia = Broadcasting.Index(c.Content(0)!, shape), ib = Broadcasting.Index(c.Content(1)!, shape);
        c.SetContent(0, Numbers.WriteIntegers(ElementType.Bool, shape, n =>
        {
            // Above 2^53 doubles would call different integers equal.
            bool exact = a.IsInteger && b.IsInteger;
            double x = exact ? a.IntegerAt(ia(n)).CompareTo(b.IntegerAt(ib(n))) : a.At(ia(n));
            return floats(x, exact ? 0 : b.At(ib(n))) ? 1 : 0;
        }));
    };

    /// <summary>One operand.</summary>
    public static Action<NodeContext> Unary(Func<double, double> floats, Func<long, long>? integers = null) => c =>
    {
        Numbers x = Numbers.Read(c.Content(0)!);
        if (x.IsInteger && integers is null) throw new UnknownShapeException(UnknownShape.NoRule, "not evaluated on integers");
        c.SetContent(0, x.IsInteger
            ? Numbers.WriteIntegers(c.OutputType(0), c.OutputShape(0), i => integers!(x.IntegerAt(i)))
            : Numbers.Write(c.OutputType(0), c.OutputShape(0), i => floats(x.At(i))));
    };

    public static void Cast(NodeContext c)
    {
        Numbers x = Numbers.Read(c.Content(0)!);
        ElementType to = c.OutputType(0);
        c.SetContent(0, to == ElementType.Bool
            ? Numbers.WriteIntegers(to, c.OutputShape(0), i => x.At(i) != 0 ? 1 : 0)
            : x.IsInteger && !Numbers.IsFloat(to)
                ? Numbers.WriteIntegers(to, c.OutputShape(0), x.IntegerAt)
                : Numbers.Write(to, c.OutputShape(0), x.At));
    }

    public static void Where(NodeContext c)
    {
        long[] shape = c.OutputShape(0);
        Numbers condition = Numbers.Read(c.Content(0)!), a = Numbers.Read(c.Content(1)!), b = Numbers.Read(c.Content(2)!);
        Func<long, long> ic = Broadcasting.Index(c.Content(0)!, shape), ia = Broadcasting.Index(c.Content(1)!, shape), ib = Broadcasting.Index(c.Content(2)!, shape);
        c.SetContent(0, a.IsInteger
            ? Numbers.WriteIntegers(c.OutputType(0), shape, n => condition.At(ic(n)) != 0 ? a.IntegerAt(ia(n)) : b.IntegerAt(ib(n)))
            : Numbers.Write(c.OutputType(0), shape, n => condition.At(ic(n)) != 0 ? a.At(ia(n)) : b.At(ib(n))));
    }

    /// <summary>Rounds towards zero, as integer division in ONNX.</summary>
    public static long Divide(long a, long b) => b switch
    {
        0 => throw new UnknownShapeException(UnknownShape.Inconsistent, "an integer is divided by 0"),
        // long.MinValue / -1 would trap.
        -1 => unchecked(-a),
        _ => a / b,
    };

    /// <summary>The rest has the sign of the divisor; with fmod = 1, the only form for floats, that of the dividend.</summary>
    public static void Mod(NodeContext c)
    {
        bool ofDividend = c.Node.Int("fmod", 0) != 0;
        Binary(Rest, (a, b) => a % b)(c);

        long Rest(long a, long b)
        {
            if (b is 0) throw new UnknownShapeException(UnknownShape.Inconsistent, "an integer is divided by 0");
            if (b is -1) return 0;
            long rest = a % b;
            return !ofDividend && rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
        }
    }
}
