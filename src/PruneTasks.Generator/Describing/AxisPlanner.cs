using PruneTasks.Generator.Manifest;
using PruneTasks.Generator.Naming;

namespace PruneTasks.Generator.Describing;

/// <summary>
/// Decides where Run gets the open axes of the inputs from. An axis follows from an input's length when it is the only open one
/// there; while none does, the first open axis is asked of the caller. Axes with the same symbol are one axis.
/// </summary>
internal static class AxisPlanner
{
    /// <summary>The axis behind an entry of a shape: its symbol, or the input's name and position where it has none.</summary>
    public static string Key(TensorFacts input, int axis) =>
        input.Shape![axis].Symbol is { } symbol ? "$" + symbol : input.Name + "#" + axis;

    /// <summary>The keys of all open axes, in order of appearance.</summary>
    public static List<string> Keys(IReadOnlyList<TensorFacts> inputs)
    {
        List<string> keys = [];
        for (int i = 0; i < inputs.Count; i++)
        {
            foreach (string key in Open(inputs[i]))
            {
                if (!keys.Contains(key))
                    keys.Add(key);
            }
        }
        return keys;
    }

    /// <summary>The natural variable name of each key.</summary>
    public static string Variable(string key, IReadOnlyList<TensorFacts> inputs)
    {
        if (key[0] == '$')
            return Identifiers.Camel(Identifiers.Tensor(key.Substring(1), "Axis"));
        int mark = key.LastIndexOf('#');
        return Identifiers.Camel(Identifiers.Tensor(key.Substring(0, mark), "Input")) + "Axis" + key.Substring(mark + 1);
    }

    public static List<AxisStep> Plan(IReadOnlyList<TensorFacts> inputs, IReadOnlyDictionary<string, string> variables)
    {
        List<AxisStep> steps = [];
        HashSet<string> known = new(StringComparer.Ordinal);
        List<string> keys = Keys(inputs);
        while (known.Count < keys.Count)
        {
            int inferable = IndexOfOneOpen(inputs, known);
            if (inferable >= 0)
            {
                string key = Unknown(Open(inputs[inferable]), known)[0];
                known.Add(key);
                steps.Add(new AxisStep(variables[key], Text(key), inferable, Optional: false));
                continue;
            }
            string asked = Unknown(keys, known)[0];
            known.Add(asked);
            steps.Add(new AxisStep(variables[asked], Text(asked), -1, Optional: Leads(asked, inputs)));
        }
        return steps;
    }

    private static List<string> Open(TensorFacts input)
    {
        List<string> keys = [];
        for (int i = 0; i < (input.Shape?.Count ?? 0); i++)
        {
            if (input.Shape![i].Size is null)
                keys.Add(Key(input, i));
        }
        return keys;
    }

    /// <summary>A symbol that occurs twice in one shape counts twice: its square does not give it by division.</summary>
    private static int IndexOfOneOpen(IReadOnlyList<TensorFacts> inputs, HashSet<string> known)
    {
        for (int i = 0; i < inputs.Count; i++)
        {
            // An axis of size 0 makes every length 0, which tells nothing.
            if (!IsEmpty(inputs[i]) && Unknown(Open(inputs[i]), known).Count == 1)
                return i;
        }
        return -1;
    }

    private static bool IsEmpty(TensorFacts input)
    {
        for (int i = 0; i < (input.Shape?.Count ?? 0); i++)
        {
            if (input.Shape![i].Size == 0)
                return true;
        }
        return false;
    }

    private static List<string> Unknown(List<string> keys, HashSet<string> known)
    {
        List<string> unknown = [];
        foreach (string key in keys)
        {
            if (!known.Contains(key))
                unknown.Add(key);
        }
        return unknown;
    }

    /// <summary>The first axis of the first input that has it: by convention the batch, 1 unless the caller says more.</summary>
    public static bool Leads(string key, IReadOnlyList<TensorFacts> inputs)
    {
        int at = 0;
        while (!Open(inputs[at]).Contains(key))
            at++;
        return inputs[at].Shape![0].Size is null && Key(inputs[at], 0) == key;
    }

    /// <summary>The axis for people: its symbol, or its position.</summary>
    public static string Text(string key) => key[0] == '$' ? key.Substring(1) : "axis " + key.Substring(key.LastIndexOf('#') + 1);
}
