namespace Spoq.Web.Shell;

/// <summary>The page lives on a circuit. Pages without it are rendered once and load no Blazor script.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class InteractiveAttribute : Attribute;
