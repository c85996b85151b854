import CarrelCore
