using PruneTasks.Json;

namespace PruneTasks.Spec.Contracts;

/// <summary>A manifest, request or result that cannot be read: no JSON, or not what the contract asks for.</summary>
public sealed class ContractFormatException : Exception
{
    internal ContractFormatException(string contract, JsonReadException cause)
        : base($"{contract}: {cause.Message}", cause)
    {
        Line = cause.Line;
        Column = cause.Column;
    }

    /// <summary>1-based line, or 0.</summary>
    public int Line { get; }

    /// <summary>1-based column, or 0.</summary>
    public int Column { get; }

    internal static T Guard<T>(string contract, string json, Func<JsonValue, T> read)
    {
        try
        {
            JsonValue root = JsonReader.Read(json);
            root.RequireVersion(1);
            return read(root);
        }
        catch (JsonReadException cause)
        {
            throw new ContractFormatException(contract, cause);
        }
    }
}
