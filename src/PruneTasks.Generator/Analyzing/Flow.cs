using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace PruneTasks.Generator.Analyzing;

/// <summary>Where an operation stands: what it is wrapped in, which function and which loop hold it.</summary>
internal static class Flow
{
    /// <summary>The value without conversions, parentheses and await.</summary>
    public static IOperation Inner(IOperation operation)
    {
        while (true)
        {
            switch (operation)
            {
                case IConversionOperation conversion: operation = conversion.Operand; break;
                case IParenthesizedOperation parentheses: operation = parentheses.Operand; break;
                case IAwaitOperation wait: operation = wait.Operation; break;
                // await x.ConfigureAwait(false)
                case IInvocationOperation { TargetMethod.Name: "ConfigureAwait", Instance: { } task }: operation = task; break;
                default: return operation;
            }
        }
    }

    /// <summary>The operation with the conversions, parentheses and await around it: its parent is what uses the value.</summary>
    public static IOperation Outer(IOperation operation)
    {
        while (operation.Parent is IConversionOperation or IParenthesizedOperation or IAwaitOperation
            or IInvocationOperation { TargetMethod.Name: "ConfigureAwait" })
        {
            operation = operation.Parent;
        }
        return operation;
    }

    public static IOperation Root(IOperation operation)
    {
        while (operation.Parent is { } parent)
            operation = parent;
        return operation;
    }

    /// <summary>The lambda or local function around an operation, or the root of the method.</summary>
    public static IOperation Function(IOperation operation)
    {
        while (operation.Parent is { } parent && operation is not (IAnonymousFunctionOperation or ILocalFunctionOperation))
            operation = parent;
        return operation;
    }

    /// <summary>The outermost loop around an operation within its function; what runs once before a loop does not count as in it.</summary>
    public static ILoopOperation? OuterLoop(IOperation operation)
    {
        ILoopOperation? loop = null;
        for (IOperation child = operation; child.Parent is { } parent && child is not (IAnonymousFunctionOperation or ILocalFunctionOperation); child = parent)
        {
            if (parent is ILoopOperation around && !RunsOnce(around, child))
                loop = around;
        }
        return loop;
    }

    /// <summary>The declaration that a value initialises, where it is one of a local.</summary>
    public static IVariableDeclaratorOperation? Declarator(IOperation value) =>
        Outer(value).Parent is IVariableInitializerOperation { Parent: IVariableDeclaratorOperation declarator } ? declarator : null;

    private static bool RunsOnce(ILoopOperation loop, IOperation child) =>
        (loop is IForEachLoopOperation each && each.Collection == child) || (loop is IForLoopOperation three && three.Before.Contains(child));

    /// <summary>Whether whoever reaches the second node has passed the first: the first stands in a statement of a block around the second.</summary>
    public static bool Follows(SyntaxNode first, SyntaxNode second)
    {
        SyntaxNode? statement = first.FirstAncestorOrSelf<StatementSyntax>();
        // A condition of an 'if' runs always; a statement that is not in a list (the body of an 'if' without braces) does not.
        if (statement is null || !(statement.Parent is BlockSyntax or SwitchSectionSyntax || statement.Parent.IsKind(SyntaxKind.GlobalStatement)))
            return false;
        if (statement is not (ExpressionStatementSyntax or LocalDeclarationStatementSyntax))
            return false;
        SyntaxNode list = statement.Parent is GlobalStatementSyntax global ? global.Parent! : statement.Parent;
        return list.Span.Contains(second.Span) && !Conditional(first, statement);
    }

    private static bool Conditional(SyntaxNode node, SyntaxNode statement)
    {
        for (SyntaxNode? parent = node.Parent; parent is not null && parent != statement; parent = parent.Parent)
        {
            if (parent is ConditionalExpressionSyntax or ConditionalAccessExpressionSyntax or AnonymousFunctionExpressionSyntax
                || parent.IsKind(SyntaxKind.LogicalAndExpression) || parent.IsKind(SyntaxKind.LogicalOrExpression) || parent.IsKind(SyntaxKind.CoalesceExpression))
            {
                return true;
            }
        }
        return false;
    }
}
