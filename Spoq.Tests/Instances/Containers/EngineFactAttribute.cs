namespace Spoq.Tests.Instances.Containers;

/// <summary>A test with containers, which takes root and Podman (<c>scripts/setup</c>); elsewhere it is skipped and says so.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class EngineFactAttribute : FactAttribute
{
    public EngineFactAttribute() => Skip = TestEngine.Missing;
}

/// <inheritdoc cref="EngineFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
public sealed class EngineTheoryAttribute : TheoryAttribute
{
    public EngineTheoryAttribute() => Skip = TestEngine.Missing;
}

/// <summary>One after the other: they share an engine, and each leaves it empty.</summary>
[CollectionDefinition(Name)]
public sealed class EngineTests
{
    public const string Name = "container engine";
}
