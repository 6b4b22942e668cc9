using System.Collections.Immutable;
using Microsoft.CodeAnalysis;

namespace PruneTasks.Generator.Analyzing;

/// <summary>What a generated type is; the values are those of PruneTasks.Runtime.GeneratedTypeKind.</summary>
internal enum TypeKindOfModel
{
    Output = 0,
    Request = 1,
    Session = 2,
    Label = 3,

    /// <summary>Implements IPrunedModel.</summary>
    Model = 4,
}

/// <summary>Knows generated types by the interface and the attributes of PruneTasks.Runtime, never by their names.</summary>
internal sealed class GeneratedTypes
{
    private readonly INamedTypeSymbol _model;
    private readonly INamedTypeSymbol _mark;
    private readonly INamedTypeSymbol? _length;

    private GeneratedTypes(INamedTypeSymbol model, INamedTypeSymbol mark, INamedTypeSymbol? length) => (_model, _mark, _length) = (model, mark, length);

    /// <summary>Null where the runtime is not referenced: then there is nothing to analyse.</summary>
    public static GeneratedTypes? Find(Compilation compilation) =>
        compilation.GetTypeByMetadataName("PruneTasks.IPrunedModel") is { } model
        && compilation.GetTypeByMetadataName("PruneTasks.Runtime.GeneratedTypeAttribute") is { } mark
            ? new GeneratedTypes(model, mark, compilation.GetTypeByMetadataName("PruneTasks.Runtime.TensorLengthAttribute"))
            : null;

    public TypeKindOfModel? Kind(ITypeSymbol? type)
    {
        if (type is not INamedTypeSymbol)
            return null;
        foreach (AttributeData attribute in type.GetAttributes())
        {
            if (Same(attribute.AttributeClass, _mark) && attribute.ConstructorArguments is [{ Value: int kind }])
                return (TypeKindOfModel)kind;
        }
        return Same(type, _model) || type.AllInterfaces.Any(face => Same(face, _model)) ? TypeKindOfModel.Model : null;
    }

    /// <summary>A model, request, session or output: what its owner has to dispose.</summary>
    public bool IsOwned(ITypeSymbol? type) => Kind(type) is not (null or TypeKindOfModel.Label);

    /// <summary>What serves one caller at a time.</summary>
    public bool IsForOneCaller(ITypeSymbol? type) => Kind(type) is TypeKindOfModel.Request or TypeKindOfModel.Session;

    public bool IsLabel(ITypeSymbol? type) => Kind(type) == TypeKindOfModel.Label;

    /// <summary>How many values a parameter takes: the number, and the value of TensorLengthRule.</summary>
    public (int Length, int Rule)? Length(IParameterSymbol? parameter)
    {
        foreach (AttributeData attribute in parameter?.GetAttributes() ?? ImmutableArray<AttributeData>.Empty)
        {
            if (Same(attribute.AttributeClass, _length) && attribute.ConstructorArguments is [{ Value: int length }, { Value: int rule }])
                return (length, rule);
        }
        return null;
    }

    /// <summary>The word for a kind in a message.</summary>
    public static string Word(TypeKindOfModel kind) => kind.ToString().ToLowerInvariant();

    /// <summary>The T of Task&lt;T&gt; and ValueTask&lt;T&gt;, the type itself otherwise.</summary>
    public static ITypeSymbol? Awaited(ITypeSymbol? type) =>
        type is INamedTypeSymbol { Arity: 1, Name: "Task" or "ValueTask" } task && task.ContainingNamespace.ToDisplayString() == "System.Threading.Tasks"
            ? task.TypeArguments[0]
            : type;

    private static bool Same(ISymbol? one, ISymbol? other) => one is not null && SymbolEqualityComparer.Default.Equals(one.OriginalDefinition, other);
}
